DROP TABLE audit_anchor_delivery, audit_anchor, audit_seal_refusal;
