"""Patients and their history in the API."""
