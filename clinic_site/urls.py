from django.contrib import admin
from django.urls import include, path

from clinic_site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("contact/", views.contact, name="contact"),
    path("treatments/", include("treatments.urls")),
    path("screening/", include("intake.urls")),
    path("fhir/", include("intake.fhir_urls")),
    path("admin/", admin.site.urls),
    path("health/", views.health, name="health"),
]

handler400 = views.bad_request
handler404 = views.page_not_found
handler500 = views.server_error
