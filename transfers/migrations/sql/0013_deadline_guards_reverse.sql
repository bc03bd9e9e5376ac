DROP FUNCTION transfers_let_change(regclass, text[]);
