"""The site's addresses, and the page of components that only CLINIC_DEBUG=1 serves."""

from django.urls import path

from clinic_site.component_page import components
from clinic_site.urls import handler400, handler404, handler500
from clinic_site.urls import urlpatterns as of_the_site

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*of_the_site, path("components/", components, name="components")]
