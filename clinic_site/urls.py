from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib.sitemaps.views import sitemap
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from clinic_site import notice_pages, views
from clinic_site.sitemaps import SITEMAPS
from treatments.feeds import ArticleFeed
from treatments.views import search

urlpatterns: list[URLPattern | URLResolver] = [path("health/", views.health, name="health")]
urlpatterns += [path(".well-known/security.txt", views.security_txt, name="security_txt")]

if settings.ROLE.serves_public:
    urlpatterns += [
        path("", views.home, name="home"),
        path("contact/", views.contact, name="contact"),
        path("people/", views.people, name="people"),
        path("cost/", views.cost, name="cost"),
        path("accessibility/", views.accessibility, name="accessibility"),
        path("words/", views.words, name="words"),
        *notice_pages.urlpatterns,
        path("search/", search, name="search"),
        path("feed/", ArticleFeed(), name="feed"),
        path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
        path("robots.txt", views.robots, name="robots"),
        path("fhir/", include("intake.fhir_urls")),
        *i18n_patterns(path("screening/", include("intake.urls")), prefix_default_language=False),
    ]
else:
    way_in = "admin:index" if settings.ROLE.has_accounts else "health"
    urlpatterns += [path("", RedirectView.as_view(pattern_name=way_in), name="home")]

if settings.ROLE.serves_public or settings.ROLE.has_accounts:  # editors read their drafts beside the admin
    urlpatterns += [path("treatments/", include("treatments.urls"))]

if settings.ROLE.has_accounts:
    from django.contrib import admin

    if not settings.ROLE.serves_public:
        admin.site.site_url = None  # no "View site": the site has another host name
    from clinic_site.accounts import lost_phone, own_second_step
    from clinic_site.accounts.invitations import AcceptInvitation
    from clinic_site.accounts.session_pages import own_urls
    from clinic_site.first_run import first_run
    from intake.admin.desk_urls import desk_urls

    urlpatterns += [
        path("invitation/<uidb64>/<token>/", AcceptInvitation.as_view(), name="invitation"),
        path("admin/sessions/", include(own_urls())),
        path("admin/first-run/", admin.site.admin_view(first_run), name="first_run"),
        path("admin/desk/", include(desk_urls())),
        path("admin/", include([*own_second_step.urls(), *lost_phone.urls()])),
        path("admin/", admin.site.urls),
    ]

if settings.DEBUG:
    from clinic_site import component_page

    urlpatterns += [path("components/", component_page.components, name="components")]

handler400 = views.bad_request
handler404 = views.page_not_found
handler500 = views.server_error
