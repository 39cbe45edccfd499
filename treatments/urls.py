from django.urls import path

from treatments import views

app_name = "treatments"

urlpatterns = [
    path("", views.article_list, name="list"),
    path("draft/<str:token>/", views.draft, name="draft"),
    path("<slug:slug>/", views.detail, name="detail"),
]
