from django.db import migrations

# Keys inside `additional_data`, which no Index of a model can name.
WANTED = {
    "trail_place": [("additional_data.facility_id", 1), ("timestamp", -1)],
    "trail_patient": [("additional_data.patient_id", 1), ("timestamp", -1)],
}


def make(apps, schema_editor):
    for name, keys in WANTED.items():
        schema_editor.connection.database.auditlog_logentry.create_index(keys, name=name)


def drop(apps, schema_editor):
    for name in WANTED:
        schema_editor.connection.database.auditlog_logentry.drop_index(name)


class Migration(migrations.Migration):
    dependencies = [("auditlog", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
