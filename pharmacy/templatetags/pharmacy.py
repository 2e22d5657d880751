"""Filters of the pharmacy's pages."""

from django import template

from pharmacy.presentation import subject_of

register = template.Library()
register.filter("subject", subject_of)
