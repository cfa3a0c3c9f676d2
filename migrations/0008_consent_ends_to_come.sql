-- An end that is still to come has taken nothing back yet: until then the objection holds, and whoever changes
-- their mind before it could not. So such an end may be brought forward, from now on and never into the past. It
-- is not put off: that would be a new objection. What was said of the later end stays, under insteadOf.
CREATE OR REPLACE FUNCTION consent.directive_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(OLD) - 'withdrawn_at' - 'withdrawal' = to_jsonb(NEW) - 'withdrawn_at' - 'withdrawal' THEN
            IF OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL THEN
                RETURN NEW;
            END IF;
            IF NEW.withdrawn_at BETWEEN transaction_timestamp() AND OLD.withdrawn_at THEN
                NEW.withdrawal := NEW.withdrawal || jsonb_build_object('insteadOf',
                    jsonb_build_object('withdrawnAt', OLD.withdrawn_at, 'withdrawal', OLD.withdrawal));
                RETURN NEW;
            END IF;
        END IF;
    END IF;
    RAISE EXCEPTION 'an objection is closed once by its withdrawal and not changed otherwise'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
