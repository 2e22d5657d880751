"""Settings of Carnet. Every value that differs between machines comes from the environment."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = os.environ.get("CARNET_ENV", "dev")
PRODUCTION = ENV == "prod"
DEBUG = ENV == "dev" and os.environ.get("DEBUG") == "1"


def secret(name: str, development_value: str) -> str:
    """Return the secret `name`; outside development and tests it must be set and not be the default.

    A value may also stand in a file named by `<name>_FILE`, as container secrets do.
    """
    path = os.environ.get(f"{name}_FILE")
    value = Path(path).read_text().strip() if path else os.environ.get(name, "")
    if PRODUCTION and (len(value) < 32 or value == development_value):
        raise ImproperlyConfigured(
            f"{name} is missing, short or the development default: set it to 32 or more random characters."
        )
    return value or development_value


def listed(name: str, default: str = "") -> list[str]:
    """Return a comma-separated environment value as a list."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


SECRET_KEY = secret(
    "SECRET_KEY", "development-only-secret-key-which-production-refuses-to-start-with"
)
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = listed("ALLOWED_HOSTS", "" if PRODUCTION else "*")
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "accounts",
    "audit",
    "patients",
    "notifications",
    "billing",
    "appointments",
    "consultations",
    "pharmacy",
    "surveillance",
    "demo",
    "phone",
    "clinic.thirdparty.AdminConfig",
    "clinic.thirdparty.AuthConfig",
    "clinic.thirdparty.ContentTypesConfig",
    "clinic.thirdparty.GuardianConfig",
    "clinic.thirdparty.AuditlogConfig",
    "clinic.thirdparty.AxesConfig",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
]
MIGRATION_MODULES = {
    "admin": "clinic.thirdparty.migrations.admin",
    "auth": "clinic.thirdparty.migrations.auth",
    "contenttypes": "clinic.thirdparty.migrations.contenttypes",
    "guardian": "clinic.thirdparty.migrations.guardian",
    "auditlog": "clinic.thirdparty.migrations.auditlog",
    "axes": "clinic.thirdparty.migrations.axes",
}

MIDDLEWARE = [
    "surveillance.middleware.OpeningTimeMiddleware",
    "clinic.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.middleware.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "clinic.middleware.ReadableInputMiddleware",
    "accounts.middleware.HeldFormMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.ActorMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "audit.middleware.AccessMiddleware",
    "patients.middleware.EmergencyDoorMiddleware",
    "clinic.middleware.BusyMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.workplace",
            ],
            "builtins": ["clinic.templatetags.carnet"],
        },
    }
]
FORM_RENDERER = "clinic.forms.CarnetFormRenderer"

MONGODB_URI = os.environ.get(
    "MONGODB_URI", "mongodb://127.0.0.1:27117/?replicaSet=rs0&directConnection=true"
)
DATABASES = {
    "default": {
        "ENGINE": "django_mongodb_backend",
        "HOST": MONGODB_URI,
        "NAME": os.environ.get("MONGODB_NAME", "carnet"),
        "OPTIONS": {
            "serverSelectionTimeoutMS": 8000,
            "w": "majority",
            "tz_aware": False,
            "appname": "carnet",
        },
    }
}
DATABASE_ROUTERS = ["django_mongodb_backend.routers.MongoRouter"]
DEFAULT_AUTO_FIELD = "django_mongodb_backend.fields.ObjectIdAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6479/0")
TEST_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if ENV == "test" and TEST_WORKER.startswith("gw"):
    # Clearing the cache empties a whole Redis database: each test worker has its own.
    REDIS_URL = f"{REDIS_URL.rsplit('/', 1)[0]}/{1 + int(TEST_WORKER[2:]) % 15}"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": os.environ.get("CACHE_PREFIX", "carnet"),
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_COOKIE_AGE = int(timedelta(hours=10).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_SSL_REDIRECT = PRODUCTION and os.environ.get("SSL_REDIRECT", "1") == "1"
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_IPWARE_PROXY_COUNT = 1 if PRODUCTION else None
AXES_VERBOSE = False

AUDITLOG_STORE_JSON_CHANGES = False
AUDITLOG_DISABLE_REMOTE_ADDR = False

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
if not PRODUCTION:
    STATIC_ROOT.mkdir(
        parents=True, exist_ok=True
    )  # empty: the finders serve; whitenoise asks for it
WHITENOISE_MAX_AGE = 31_536_000
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "clinic.storage.HashedAddresses",
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "global_keyprefix": os.environ.get("CACHE_PREFIX", "carnet") + "-",
}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "count-statistics": {"task": "surveillance.refresh", "schedule": 300.0},
    "measure-effect": {"task": "surveillance.measure", "schedule": 3600.0},
    "ask-about-visits": {"task": "surveillance.ask", "schedule": 900.0},
    "send-what-is-due": {"task": "notifications.sweep", "schedule": 15.0},
    "plan-reminders": {"task": "phone.plan", "schedule": 60.0},
    "ask-about-payments": {"task": "billing.tasks.reconcile", "schedule": 10.0},
}

REST_FRAMEWORK: dict[str, object] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clinic.api.authentication.TokenAuthentication",
        "clinic.api.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "clinic.api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "UPDATE_LAST_LOGIN": False,
    "SIGNING_KEY": f"{SECRET_KEY}:tokens",
}
# Requests in so many seconds: of one address, one account, and attempts to sign in.
API_LIMITS = {
    "address": (1200, 60),
    "account": (600, 60),
    "sign-in-address": (60, 60),
    "sign-in-account": (10, 60),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Carnet",
    "VERSION": "1",
    "DESCRIPTION": "Records, prescriptions checked for danger, and dispensing. See docs/api.md.",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["clinic.api.schema.canonical_only"],
    "POSTPROCESSING_HOOKS": ["clinic.api.schema.strict_bodies"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}

DEMO = ENV != "prod" and os.environ.get("CARNET_DEMO", "1") == "1"
EMERGENCY_ACCESS_HOURS = 4

# The account at Africa's Talking. Without a key messages wait; `url` is only for another address of the service.
AFRICASTALKING = {
    "username": os.environ.get("AFRICASTALKING_USERNAME", "sandbox"),
    "api_key": os.environ.get("AFRICASTALKING_API_KEY", ""),
    "url": os.environ.get("AFRICASTALKING_URL", "").rstrip("/"),
    "sender": os.environ.get("AFRICASTALKING_SENDER", ""),
}
# So many messages are on their way to the gateway at once, from each process that sends.
SMS_LINES = int(os.environ.get("SMS_LINES", "16"))
# Part of the addresses at which the gateway calls back: nobody else knows it.
PHONE_CALLBACK_SECRET = (
    os.environ.get("PHONE_CALLBACK_SECRET")
    or hashlib.sha256(f"{SECRET_KEY}:callbacks".encode()).hexdigest()[:40]
)
# Fewer persons than this are never shown; a week is published so many days after its end, once.
STATISTICS = {
    "threshold": max(int(os.environ.get("STATISTICS_THRESHOLD", "5")), 5),
    "settle_days": 2,
}
# The one question after a visit: how many of a hundred visits, and how many weeks nobody is asked again.
SURVEY = {
    "percent": min(max(int(os.environ.get("SURVEY_PERCENT", "25")), 0), 100),
    "weeks": max(int(os.environ.get("SURVEY_WEEKS", "12")), 4),
}
USSD_CODE = os.environ.get("USSD_CODE", "*384*237#")

# Where patients' browsers and the providers of phone payments reach this installation.
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000")
# Phone payments. A provider without an address is not offered; the demo's are the stand-ins beside it.
_STAND_INS = f"http://127.0.0.1:{os.environ.get('GATEWAYS_PORT', '8010')}" if DEMO else ""


def _stand_in(name: str, value: str) -> str:
    """Return the environment's value, or in the demo that of the stand-in."""
    return os.environ.get(name) or (value if _STAND_INS else "")


# Where published weeks are sent; without an address nothing is offered. Ids are uid or code there.
DHIS2 = {
    "url": _stand_in("DHIS2_URL", f"{_STAND_INS}/dhis2"),
    "token": _stand_in("DHIS2_TOKEN", "d2pat_5xVA12xyUbWNedQxy4ohH77WlxRGVvZZ1151814092"),
    "id_scheme": os.environ.get("DHIS2_ID_SCHEME", "code"),
}
MOBILE_MONEY: dict[str, dict[str, object]] = {
    "momo": {
        "base_url": _stand_in("MOMO_URL", f"{_STAND_INS}/momo"),
        "subscription_key": _stand_in("MOMO_SUBSCRIPTION_KEY", "stand-in-collections"),
        "api_user": _stand_in("MOMO_API_USER", "5f1b0f4e-0d0a-4a5f-9c3e-0f5f3c1d2e11"),
        "api_key": _stand_in("MOMO_API_KEY", "stand-in-api-key"),
        "environment": os.environ.get("MOMO_ENVIRONMENT", "mtncameroon"),
        "currency": os.environ.get("MOMO_CURRENCY", "XAF"),
        "send_callback_url": os.environ.get("MOMO_CALLBACKS", "1") == "1",
        "user_agent": os.environ.get("MOMO_USER_AGENT", "Carnet/1.0"),
    },
    "orange": {
        "base_url": _stand_in("ORANGE_URL", f"{_STAND_INS}/orange"),
        "client_id": _stand_in("ORANGE_CLIENT_ID", "stand-in-client"),
        "client_secret": _stand_in("ORANGE_CLIENT_SECRET", "stand-in-secret"),
        "x_auth_token": _stand_in(
            "ORANGE_X_AUTH_TOKEN", "c3RhbmQtaW4tdXNlcjpzdGFuZC1pbi1wYXNzd29yZA=="
        ),
        "channel_msisdn": _stand_in("ORANGE_CHANNEL", "699000000"),
        "pin": _stand_in("ORANGE_PIN", "2222"),
    },
    "orange-web": {
        "base_url": _stand_in("ORANGE_WEB_URL", f"{_STAND_INS}/orange"),
        "client_id": _stand_in("ORANGE_WEB_CLIENT_ID", "stand-in-client"),
        "client_secret": _stand_in("ORANGE_WEB_CLIENT_SECRET", "stand-in-secret"),
        "merchant_key": _stand_in("ORANGE_WEB_MERCHANT_KEY", "stand-in-merchant"),
        "country": os.environ.get("ORANGE_WEB_COUNTRY", "cm"),
        "currency": os.environ.get("ORANGE_WEB_CURRENCY", "XAF"),
    },
    "mpesa": {
        "base_url": _stand_in("MPESA_URL", f"{_STAND_INS}/daraja"),
        "consumer_key": _stand_in("MPESA_CONSUMER_KEY", "stand-in-consumer"),
        "consumer_secret": _stand_in("MPESA_CONSUMER_SECRET", "stand-in-consumer-secret"),
        "short_code": _stand_in("MPESA_SHORT_CODE", "174379"),
        "passkey": _stand_in("MPESA_PASSKEY", "stand-in-passkey"),
        "transaction_type": os.environ.get("MPESA_TRANSACTION_TYPE", "CustomerPayBillOnline"),
        "party_b": os.environ.get("MPESA_PARTY_B", ""),
    },
}
# A JSON file {facility id: {provider: {…}}} for facilities with a merchant account of their own.
MOBILE_MONEY_ACCOUNTS_FILE = os.environ.get("MOBILE_MONEY_ACCOUNTS_FILE", "")
# Addresses from which a provider may call; empty: any, since what it says is asked back anyway.
MOBILE_MONEY_ADDRESSES = {
    "momo": listed("MOMO_ADDRESSES"), "orange": listed("ORANGE_ADDRESSES"),
    "orange-web": listed("ORANGE_ADDRESSES"), "mpesa": listed("MPESA_ADDRESSES"),
}  # fmt: skip

if ENV == "test":
    WHITENOISE_AUTOREFRESH = True  # else every test client reads all static files first
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    CELERY_TASK_ALWAYS_EAGER = os.environ.get("CELERY_EAGER", "1") == "1"
