"""Sign-in keeps allauth's URL names (its own code reverses them); the rest is ours, under `access:`."""

from django.urls import include, path

from backoffice.access import views

_own = (
    [
        path("account/", views.account, name="account"),
        path("account/password/", views.password, name="password"),
        path("access/", views.people, name="people"),
    ],
    "access",
)

urlpatterns = [
    path("login/", views.sign_in, name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("login/inactive/", views.inactive, name="account_inactive"),
    path("", include(_own)),
]
