DROP TABLE audit_checkpoint, audit_node, audit_leaf;
DROP FUNCTION audit_check_new_leaves(), audit_check_new_nodes(), audit_check_new_checkpoint();
