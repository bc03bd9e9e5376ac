"""What the audit trail tells of bulk orders."""

ACCEPTED = "bulk.accepted"
RELEASED = "bulk.released"
ENDED = "bulk.ended"
COMPLETED = "bulk.completed"
PART_DONE = "bulk.part_done"
PART_GIVEN_BACK = "bulk.part_given_back"
AUDIT_TYPES = (ACCEPTED, RELEASED, ENDED, COMPLETED, PART_DONE, PART_GIVEN_BACK)
