"""How forms look: one renderer for all, so that every field has its label, help and error in the same place."""

from django.forms.renderers import TemplatesSetting


class CarnetFormRenderer(TemplatesSetting):
    """Render fields and forms with Carnet's components."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
