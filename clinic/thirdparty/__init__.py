"""Third-party apps whose models bring AutoField, given ObjectId keys and migrations of our own."""

from auditlog.apps import AuditlogConfig as _AuditlogConfig
from axes.apps import AppConfig as _AxesConfig
from django.contrib.admin.apps import AdminConfig as _AdminConfig
from django.contrib.auth.apps import AuthConfig as _AuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig as _ContentTypesConfig
from guardian.apps import GuardianConfig as _GuardianConfig

_OBJECT_ID = "django_mongodb_backend.fields.ObjectIdAutoField"


class AdminConfig(_AdminConfig):
    """Django’s admin, with ObjectId keys."""

    default_auto_field = _OBJECT_ID


class AuthConfig(_AuthConfig):
    """Users and groups, with ObjectId keys."""

    default_auto_field = _OBJECT_ID


class ContentTypesConfig(_ContentTypesConfig):
    """Content types, with ObjectId keys."""

    default_auto_field = _OBJECT_ID


class GuardianConfig(_GuardianConfig):
    """Permissions on objects, with ObjectId keys."""

    default_auto_field = _OBJECT_ID


class AuditlogConfig(_AuditlogConfig):  # type: ignore[misc]
    """Changes of records, with ObjectId keys."""

    default_auto_field = _OBJECT_ID


class AxesConfig(_AxesConfig):  # type: ignore[misc]
    """Refused sign-ins, with ObjectId keys."""

    default_auto_field = _OBJECT_ID
