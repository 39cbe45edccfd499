"""The door for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")

application = get_wsgi_application()

from clinic_site.start import refuse_to_start  # noqa: E402  (only now are the settings read)

refuse_to_start()
