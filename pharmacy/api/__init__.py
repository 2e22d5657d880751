"""Prescriptions, the check made now, and dispensing in the API."""
