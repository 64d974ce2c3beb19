-- The defect "number-before-lock": what feed_publish_new would be if its numbers came from a sequence, and the head were
-- moved on afterwards. Commit order is no longer the order of numbers.
CREATE SEQUENCE defect_numbers;
CREATE OR REPLACE FUNCTION feed_publish_new(p_places uuid[], p_now timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    v_first bigint := nextval('public.defect_numbers');
    v_last bigint := v_first;
BEGIN
    FOR i IN 2..cardinality(p_places) LOOP
        v_last := nextval('public.defect_numbers');
    END LOOP;
    INSERT INTO public.feed (user_id, place_id, owner_id, seq, role, gone, changed_at)
    SELECT (SELECT public.acting_user()), t.place_id, (SELECT public.acting_user()), v_first + t.position - 1, 'owner', false, p_now
    FROM unnest(p_places) WITH ORDINALITY AS t (place_id, position);
    UPDATE public.feed_heads h SET seq = greatest(h.seq, v_last), live_places = h.live_places + cardinality(p_places)
    WHERE h.user_id = (SELECT public.acting_user());
    RETURN v_first;
END
$$;
GRANT USAGE ON SEQUENCE defect_numbers TO holdfast_feed;
