"""Sign-in, sign-out, and an operator's own settings."""

from allauth.account import views as allauth_views
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.commands import record
from backoffice.access.forms import SettingsForm
from backoffice.access.models import Operator
from backoffice.access.queries import clients_in_words, roles_held_since, roles_of
from backoffice.access.rules import any_operator, operator_of, public, requires

sign_in = public("people sign in here")(allauth_views.login)
inactive = public("explains to a disabled account why it cannot sign in")(allauth_views.account_inactive)
# Signing out only by POST: a link or an image on another page must not end a session.
sign_out = public("signing out twice does no harm")(require_POST(allauth_views.logout))


@any_operator
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Time zone, appearance, shortcuts; and which roles one holds, since when."""
    operator = operator_of(request)
    form = SettingsForm(request.POST or None, instance=operator)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            changed = {name: form.cleaned_data[name] for name in form.changed_data}
            if changed:
                operator.save(update_fields=list(changed))
                record(type="access.settings_changed", resource_type="operator", resource_id=operator.username, diff=changed)
        messages.success(request, "Your settings are saved.")
        return redirect("access:account")
    held = roles_held_since(operator)
    roles = [(role, held[role.name]) for role in roles_of(operator)]
    return TemplateResponse(request, "account/settings.html", {"form": form, "roles": roles}, status=422 if form.is_bound else 200)


@any_operator
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; other sessions of the account end."""
    operator = operator_of(request)
    form = PasswordChangeForm(operator, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save(commit=False).save(update_fields=["password"])
            record(type="access.password_changed", resource_type="operator", resource_id=operator.username)
        update_session_auth_hash(request, operator)
        messages.success(request, "Your password is changed. Other sessions of yours are signed out.")
        return redirect("access:account")
    return TemplateResponse(request, "account/password.html", {"form": form}, status=422 if form.is_bound else 200)


@requires("access.view_operator")
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Who holds which role, since when: the first form of the access review."""
    operators = Operator.objects.select_related("person").order_by("username")
    rows = [(operator, roles_held_since(operator), clients_in_words(operator)) for operator in operators]
    return TemplateResponse(request, "account/people.html", {"rows": rows})
