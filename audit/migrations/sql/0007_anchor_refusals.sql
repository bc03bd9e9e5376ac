-- An anchor that refuses says more than one that fails: that our log is not the one it knows.
ALTER TABLE audit_anchor ADD COLUMN refuses boolean NOT NULL DEFAULT false;
