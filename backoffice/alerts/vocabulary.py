"""Audit types of alerts."""

OPENED, RESOLVED, ACKNOWLEDGED = "alert.opened", "alert.resolved", "alert.acknowledged"
ALL = (OPENED, RESOLVED, ACKNOWLEDGED)
