-- Versions are added to, never rewritten; what was there when they began is the first of them.
SELECT audit_guard_table('transfers_historicalwallet');
INSERT INTO transfers_historicalwallet
    (code, name, network, chain_id, address, purpose, token_account_code, gas_account_code, correlation_id, request_id, history_id, history_date, history_type, history_user_id,
     history_change_reason)
SELECT code, name, network, chain_id, address, purpose, token_account_code, gas_account_code, '', '', audit_new_id(), now(), '+', 'migration',
       'as it was when its versions began'
  FROM transfers_wallet;
SELECT audit_guard_table('transfers_historicalbankaccount');
INSERT INTO transfers_historicalbankaccount
    (code, name, provider, iban, bic, holder, asset_id, account_code, gather_s, calendar_code, correlation_id, request_id, history_id, history_date, history_type, history_user_id,
     history_change_reason)
SELECT code, name, provider, iban, bic, holder, asset_id, account_code, gather_s, calendar_code, '', '', audit_new_id(), now(), '+', 'migration',
       'as it was when its versions began'
  FROM transfers_bankaccount;
SELECT audit_guard_table('transfers_historicalpromotion');
INSERT INTO transfers_historicalpromotion
    (code, title, corridor_id, asset_id, bps, starts_at, ends_at, created_at, correlation_id, request_id, history_id, history_date, history_type, history_user_id,
     history_change_reason)
SELECT code, title, corridor_id, asset_id, bps, starts_at, ends_at, created_at, '', '', audit_new_id(), now(), '+', 'migration',
       'as it was when its versions began'
  FROM transfers_promotion;
SELECT audit_guard_table('transfers_historicalwebhookendpoint');
INSERT INTO transfers_historicalwebhookendpoint
    (id, client_id, url, events, status, disabled_by, disabled_at, created_by, deleted_at, correlation_id, request_id, history_id, history_date, history_type, history_user_id,
     history_change_reason)
SELECT id, client_id, url, events, status, disabled_by, disabled_at, created_by, deleted_at, '', '', audit_new_id(), now(), '+', 'migration',
       'as it was when its versions began'
  FROM transfers_webhookendpoint;
