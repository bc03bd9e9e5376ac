from django.apps import AppConfig


class CampaignConfig(AppConfig):
    """Kills the processes of a sandbox wherever they can be killed and proves what is left. Nothing else imports it; it keeps no
    rows."""

    name = "backoffice.campaign"
    label = "campaign"
