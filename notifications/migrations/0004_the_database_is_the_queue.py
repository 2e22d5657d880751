from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0003_phones"),
    ]

    operations = [
        migrations.RemoveField(model_name="message", name="dispatched_at"),
    ]
