-- Twins of unique and foreign keys for LIKE, which nobody asks of these columns: each cost every insert.
DROP INDEX IF EXISTS transfers_chaintransaction_hash_b8f92903_like;
DROP INDEX IF EXISTS transfers_chaintransaction_wallet_id_ad862d36_like;
DROP INDEX IF EXISTS transfers_externalreference_value_9ea31181_like;
DROP INDEX IF EXISTS transfers_leg_asset_id_b96c33d7_like;
DROP INDEX IF EXISTS transfers_leg_reference_f37408e5_like;
DROP INDEX IF EXISTS transfers_providercall_key_290089e6_like;
DROP INDEX IF EXISTS transfers_quote_client_id_c53726e5_like;
DROP INDEX IF EXISTS transfers_quote_corridor_id_663f1d1e_like;
DROP INDEX IF EXISTS transfers_quote_source_asset_id_4e8e7a09_like;
DROP INDEX IF EXISTS transfers_quote_target_asset_id_ce2b40b7_like;
DROP INDEX IF EXISTS transfers_transfer_reference_4563b5a4_like;
DROP INDEX IF EXISTS transfers_walletreservation_wallet_id_b02a4dbe_like;
