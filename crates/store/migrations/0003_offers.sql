-- After the database was put back to an older state, devices give back what it has lost: states of places that an earlier
-- database had confirmed to them.

-- The newest state of a place that was given back: states of one epoch follow one another by their versions, so that
-- a later or an earlier one of the same epoch is told from what others made of the place meanwhile. Written and read only
-- under the row lock of the place.
CREATE TABLE place_offers (
    owner_id uuid NOT NULL,
    place_id uuid NOT NULL,
    epoch    text NOT NULL CONSTRAINT place_offers_epoch_length CHECK (char_length(epoch) BETWEEN 1 AND 64),
    version  bigint NOT NULL CONSTRAINT place_offers_version CHECK (version >= 1),
    PRIMARY KEY (owner_id, place_id),
    CONSTRAINT place_offers_place_fkey FOREIGN KEY (owner_id, place_id) REFERENCES places (owner_id, id) ON DELETE CASCADE
);
GRANT SELECT, INSERT, UPDATE ON place_offers TO holdfast_app;
ALTER TABLE place_offers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY place_offers_own ON place_offers TO holdfast_app USING (owner_id = (SELECT acting_user()));

-- A version may also be replaced by what a device gives back.
ALTER TABLE place_history DROP CONSTRAINT place_history_kind;
ALTER TABLE place_history ADD CONSTRAINT place_history_kind
    CHECK (kind IN ('update', 'refine', 'delete', 'restore', 'offer')) NOT VALID;
ALTER TABLE place_history VALIDATE CONSTRAINT place_history_kind;
