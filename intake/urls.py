from django.urls import path

from intake import views

app_name = "intake"
urlpatterns = [
    path("", views.start, name="start"),
    path("check/", views.check, name="check"),
    path("done/", views.done, name="done"),
    path("support/", views.support, name="support"),
    path("leave/", views.leave, name="leave"),
    path("is-this-for-me/", views.for_me, name="for_me"),
    path("copy/", views.copy, name="copy"),
    path("mail-link/", views.mail_link, name="mail_link"),
    path("own-device/", views.own_device, name="own_device"),
    path("resume/", views.resume, name="resume"),
    path("new/", views.start_again, name="start_again"),
    path("delete/", views.delete, name="delete"),
    path("<slug:slug>/", views.page, name="page"),
]
