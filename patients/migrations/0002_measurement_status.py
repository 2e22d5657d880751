from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="observation",
            name="status",
            field=models.CharField(
                choices=[("final", "validée"), ("entered-in-error", "saisie par erreur")],
                default="final",
                max_length=16,
            ),
        ),
    ]
