"""The Celery application: `celery -A clinic worker` and `celery -A clinic beat`."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
if os.environ.get("CARNET_ENV", "dev") != "prod":
    # A demo on a fresh machine is often run by root; in production the worker has a user of its own.
    warnings.filterwarnings("ignore", category=SecurityWarning)
app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
