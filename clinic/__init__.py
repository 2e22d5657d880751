"""The Django project of Carnet."""

from clinic.celery import app as celery_app

__all__ = ["celery_app"]
