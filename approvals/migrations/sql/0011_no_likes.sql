-- Twins of unique and foreign keys for LIKE, which nobody asks of these columns: each cost every insert.
DROP INDEX IF EXISTS approvals_approvalrequest_reference_16fada39_like;
DROP INDEX IF EXISTS approvals_policydecision_subject_id_ab6e9b96_like;
