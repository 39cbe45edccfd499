from django.urls import path

from intake import fhir_views

app_name = "fhir"
urlpatterns = [
    path("", fhir_views.nothing_here, name="base"),
    path("metadata", fhir_views.metadata, name="metadata"),
    path("Questionnaire", fhir_views.questionnaires, name="questionnaires"),
    path("Questionnaire/<slug:slug>", fhir_views.questionnaire, name="questionnaire"),
    path("<path:rest>", fhir_views.nothing_here),
]
