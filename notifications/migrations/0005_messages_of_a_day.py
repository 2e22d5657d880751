from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0004_the_database_is_the_queue"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["facility_id", "-due_at"], name="messages_of_day"),
        ),
    ]
