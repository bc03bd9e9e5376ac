"""The console's own pages. The style page exists only in the sandbox."""

from django.conf import settings
from django.urls import path

from backoffice.console.views import (
    alerts,
    approvals,
    audit,
    breaks,
    configuration,
    controls,
    corrections,
    home,
    ledger,
    proofs,
    runbooks,
    search,
    styleguide,
    transfers,
    trial_balance,
    withdrawals,
)

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("approvals/", approvals.queue, name="approvals"),
    path("approvals/<uuid:request_id>/", approvals.approval, name="approval"),
    path("approvals/<uuid:request_id>/decide/", approvals.decide, name="approval-decide"),
    path("transfers/", transfers.transfers, name="transfers"),
    path("transfers/new/", withdrawals.new, name="transfer-new"),
    path("transfers/<uuid:transfer_id>/", transfers.transfer, name="transfer"),
    path("transfers/<uuid:transfer_id>/cancel/", transfers.cancel, name="transfer-cancel"),
    path("search/", search.search, name="search"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<uuid:alert_id>/acknowledge/", alerts.acknowledge, name="alert-acknowledge"),
    path("controls/", controls.controls, name="controls"),
    path("controls/halt/", controls.halt_system, name="halt-system"),
    path("controls/freeze/", controls.freeze, name="freeze"),
    path("controls/<uuid:halt_id>/lift/", controls.lift, name="halt-lift"),
    path("audit/", audit.trail, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
    path("audit/events/<uuid:event_id>/", audit.event, name="audit-event"),
    path("audit/events/<uuid:event_id>/proof/", audit.proof, name="audit-proof"),
    path("audit/resource/<str:kind>/<path:name>/", audit.resource, name="audit-resource"),
    path("audit/actor/<path:name>/", audit.actor, name="audit-actor"),
    path("audit/configuration/", configuration.changes, name="configuration"),
    path("audit/configuration/<str:kind>/<path:key>/", configuration.of_one, name="configuration-of"),
    path("ledger/", ledger.chart, name="ledger"),
    path("ledger/trial-balance/", trial_balance.trial_balance, name="trial-balance"),
    path("ledger/proofs/", proofs.proofs, name="proofs"),
    path("ledger/proofs/run/", proofs.run, name="proofs-run"),
    path("ledger/corrections/reverse/", corrections.reverse_posting, name="correct-reverse"),
    path("ledger/corrections/overdraft/", corrections.overdraft, name="correct-overdraft"),
    path("ledger/corrections/period/", corrections.period, name="correct-period"),
    path("ledger/accounts/<path:code>/", ledger.account, name="account"),
    path("ledger/postings/<path:reference>/", ledger.posting, name="posting"),
    path("reconciliation/breaks/", breaks.breaks, name="breaks"),
    path("reconciliation/breaks/<uuid:break_id>/", breaks.break_page, name="break"),
    path("reconciliation/statements/", breaks.statements, name="statements"),
    path("runbooks/", runbooks.index, name="runbooks"),
    path("runbooks/<slug:slug>/", runbooks.runbook, name="runbook"),
]
if settings.ENVIRONMENT == "sandbox":
    urlpatterns.append(path("styleguide/", styleguide.styleguide, name="styleguide"))
