"""People, clients, their keys and destinations, and the corridors they use."""

from django.db import models

from approvals.models.history import Versioned, versions
from audit.identity import new_id
from ledger.fields import MinorUnitsField


class Person(models.Model):
    """The identity behind operator accounts, API keys and credentials. Four eyes means four eyes of two persons, not two
    accounts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.TextField()
    email = models.EmailField(blank=True, default="")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()


class Client(Versioned):
    """An enterprise whose money we move. `id` is the stable short name used in URLs, owners and references: `acme`."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    id = models.SlugField(primary_key=True, max_length=40)
    name = models.TextField()
    status = models.TextField(choices=Status.choices, default=Status.ACTIVE)
    created_at = models.DateTimeField()

    history = versions()

    class Meta:
        # Guardian grants `view_client` per object: an operator sees the clients they are assigned to.
        default_permissions = ("view",)


class ApiKey(models.Model):
    """A client's key. Only the SHA-256 of the secret is kept; `prefix` is what people see and logs carry. Its controllers count as
    makers of everything it makes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="api_keys")
    name = models.TextField()
    prefix = models.TextField(unique=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = models.JSONField(default=list)
    allowed_networks = models.JSONField(default=list, help_text="CIDR ranges it may be used from; empty means any.")
    controllers = models.ManyToManyField(Person, related_name="controlled_api_keys")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Corridor(Versioned):
    """A lane money takes, such as `US-MX` (USDC in, MXN out) or `US-ETHEREUM` (USDC out on chain)."""

    id = models.SlugField(primary_key=True, max_length=40)
    name = models.TextField()
    route = models.TextField(help_text="Route of transfers.states that runs here.")
    source_asset_id = models.TextField()
    target_asset_id = models.TextField()
    country = models.CharField(max_length=2, blank=True, default="")
    network = models.TextField(blank=True, default="")
    active = models.BooleanField(default=True)
    # Fee and quote rules of the corridor, in basis points and minor units of the source asset.
    fee_bps = models.IntegerField(default=0)
    fee_minimum = MinorUnitsField(default=0)
    slippage_bps = models.IntegerField(default=50)
    outlier_bps = models.IntegerField(default=200, help_text="A quote further from the reference rate is not believed.")

    history = versions()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fee_bps__gte=0, fee_bps__lte=10_000, fee_minimum__gte=0),
                name="approvals_corridor_fee_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(slippage_bps__gte=0, slippage_bps__lte=10_000), name="approvals_corridor_slippage_sane"
            ),
            models.CheckConstraint(
                condition=models.Q(outlier_bps__gte=1, outlier_bps__lte=10_000), name="approvals_corridor_outlier_sane"
            ),
        ]


class Destination(Versioned):
    """Where a client's money may go. `fingerprint` identifies it (network and address, or account and country), once per client."""

    class Kind(models.TextChoices):
        CRYPTO_ADDRESS = "crypto_address"
        BANK_ACCOUNT = "bank_account"
        CLIENT_ACCOUNT = "client_account"

    class Status(models.TextChoices):
        ALLOWED = "allowed"
        BLOCKED = "blocked"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="destinations")
    kind = models.TextField(choices=Kind.choices)
    fingerprint = models.TextField()
    label = models.TextField(blank=True, default="")
    details = models.JSONField(help_text="Normalised: type, network and address, or iban/clabe, name, country, or client.")
    status = models.TextField(choices=Status.choices, default=Status.ALLOWED)
    cooling_off_until = models.DateTimeField()
    added_by = models.TextField()
    created_at = models.DateTimeField()

    history = versions()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "fingerprint"], name="approvals_destination_once_per_client")]
