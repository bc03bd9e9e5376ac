-- Web shows and acknowledges; the worker and the sweep look, open, resolve and send. Nobody deletes.
GRANT SELECT ON alerts_alert, alerts_delivery TO countersign_web;
GRANT UPDATE (acknowledged_at, acknowledged_by) ON alerts_alert TO countersign_web;
GRANT SELECT, INSERT ON alerts_alert, alerts_delivery TO countersign_worker;
GRANT UPDATE (resolved_at, resolution) ON alerts_alert TO countersign_worker;
GRANT UPDATE (attempts, next_try_at, delivered_at, last_error) ON alerts_delivery TO countersign_worker;
