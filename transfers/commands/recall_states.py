"""The words of a payout's recall, and whether one is behind money that comes back."""

from datetime import timedelta

from transfers.models import PayoutRecall, Transfer

ORDERED = "transfer.payout_recall_ordered"
ASKED = "transfer.payout_recall_asked"
ACCEPTED = "transfer.payout_recall_accepted"
REFUSED = "transfer.payout_recall_refused"
UNANSWERED = "transfer.payout_recall_unanswered"
EVENTS = (ORDERED, ASKED, ACCEPTED, REFUSED, UNANSWERED)
CALLED_BACK = "payout_called_back"
# Ten business days and their weekends: what schemes give a beneficiary's bank to answer.
GIVE_UP_AFTER = timedelta(days=14)


def was_called_back(transfer: Transfer) -> bool:
    """Whether we asked for it, and nobody refused: then what comes back comes because of that."""
    return PayoutRecall.objects.filter(transfer=transfer).exclude(status=PayoutRecall.Status.REFUSED).exists()
