-- What was refused or failed is rare, and looked for among everything that was done.
CREATE INDEX audit_event_not_done ON audit_event (recorded_at, id) WHERE outcome <> 'succeeded';
