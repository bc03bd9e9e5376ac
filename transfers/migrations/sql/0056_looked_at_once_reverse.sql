ALTER TABLE transfers_event ADD CONSTRAINT transfers_event_of_a_transfer
    FOREIGN KEY (transfer_id) REFERENCES transfers_transfer (id) DEFERRABLE INITIALLY DEFERRED;
DROP TRIGGER transfers_transfer_names ON transfers_transfer;
DROP FUNCTION transfers_check_names();
