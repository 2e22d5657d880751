"""The last wall: the database refuses a dispensing without its check, verdict and knowledge version."""

from django.db import migrations

TEXT = {"bsonType": "string", "minLength": 1}
SCHEMA = {
    "bsonType": "object",
    "required": ["prescription_id", "line_id", "patient_id", "pharmacy_id", "medicine", "quantity", "at", "by",
                 "check_id", "verdict", "knowledge_version"],
    "properties": {
        "prescription_id": {"bsonType": "string", "pattern": "^[0-9a-f]{24}$"},
        "line_id": {"bsonType": "string", "pattern": "^[0-9a-f]{24}$"},
        "patient_id": {"bsonType": "objectId"},
        "check_id": {"bsonType": "string", "pattern": "^[0-9a-f]{24}$"},
        "verdict": {"enum": ["clear", "alert", "not-checked"]},
        "knowledge_version": {"bsonType": "string", "minLength": 1, "not": {"enum": ["none"]}},
        "quantity": {"bsonType": ["int", "long"], "minimum": 1},
        "medicine": TEXT,
        "by": TEXT,
        "pharmacy_id": TEXT,
        "at": {"bsonType": "date"},
    },
}  # fmt: skip


def set_validator(apps, schema_editor):
    database = schema_editor.connection.database
    if "dispensings" not in database.list_collection_names():
        database.create_collection("dispensings")
    database.command(
        "collMod", "dispensings", validator={"$jsonSchema": SCHEMA}, validationLevel="strict", validationAction="error"
    )


def remove_validator(apps, schema_editor):
    schema_editor.connection.database.command("collMod", "dispensings", validator={}, validationLevel="off")


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0001_initial")]
    operations = [migrations.RunPython(set_validator, remove_validator)]
