"""The REST API: what all its parts share. The views stand in the apps' `api.py`."""
