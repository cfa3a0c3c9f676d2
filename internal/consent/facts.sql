-- What is known of the patients $1, as far as it matters to the subject $3 at
-- the organisation $4, whose lineage is $2. $5 is how far from now the times of a
-- relationship can matter while the patient lives.
--
-- place is the patient's in $1, from 1. part says what a line is:
--
--                 label           org       first    second   third    details
-- 0 person        superseded by   born      died at           now      [precision of death]
-- 1 directive                               from     to
-- 2 relationship  kind            ods code  started  ended    touched
-- 3 grant         id              ods code  granted  expires           [subject, reason, note, class …]
-- 4 known at                                                           [ods code …], of every relationship there ever was
--
-- Of the grants the latest 20 count: each stands with its note in every event of its use.
--
-- One statement is one snapshot: a version never comes with older directives.
-- OFFSET 0 keeps each look-up one by key: without it the plan, made for any number
-- of patients, would read whole tables for one.
-- The clock is read after the snapshot was taken, so that what it holds has begun.
WITH RECURSIVE number (place, number) AS (
    SELECT asked.place::int, asked.number FROM unnest($1::text[]) WITH ORDINALITY AS asked (number, place)
    UNION
    SELECT n.place, next.number
    FROM number AS n
    CROSS JOIN LATERAL (
        SELECT p.superseded_by::text FROM consent.person AS p
        WHERE p.nhs_number = n.number AND p.superseded_by IS NOT NULL
        UNION ALL
        SELECT p.nhs_number::text FROM consent.person AS p
        WHERE p.superseded_by = n.number
    ) AS next (number)
), person AS MATERIALIZED (
    SELECT n.place, n.number, p.*
    FROM number AS n
    LEFT JOIN LATERAL (SELECT * FROM consent.person AS p WHERE p.nhs_number = n.number OFFSET 0) AS p ON true
)
SELECT place, 0::int AS part, number, superseded_by::text AS label, born_on AS org,
       died_at::timestamptz AS first, NULL::timestamptz AS second, clock_timestamp() AS third, version,
       nhs_number IS NOT NULL AS known, invalidated, restricted, opt_outs_known, CASE WHEN nhs_number IS NOT NULL THEN ARRAY[died_precision] END AS details
FROM person
UNION ALL
SELECT n.place, 1, n.number, NULL, NULL, d.effective_from, d.withdrawn_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM number AS n
CROSS JOIN LATERAL (SELECT * FROM consent.directive AS d WHERE d.nhs_number = n.number OFFSET 0) AS d
UNION ALL
SELECT n.place, 2, n.number, r.kind, r.ods_code, r.started_at, r.ended_at, r.touched_at, NULL, NULL, NULL, NULL, NULL, NULL
FROM number AS n
CROSS JOIN LATERAL (
    SELECT * FROM consent.relationship AS r WHERE r.nhs_number = n.number AND r.ods_code = ANY ($2::text[]) OFFSET 0
) AS r
WHERE (r.kind <> 'APPOINTMENT' OR r.started_at BETWEEN now() - $5::interval AND now() + $5::interval)
      AND (r.ended_at IS NULL OR r.ended_at > now() - $5::interval)
   OR n.place IN (SELECT place FROM person WHERE died_at IS NOT NULL)
UNION ALL
SELECT n.place, 3, n.number, g.id::text, g.ods_code, g.granted_at, g.expires_at, NULL, NULL, NULL, NULL, NULL, NULL,
       ARRAY[g.subject, g.reason, g.note] || g.classes
FROM number AS n
CROSS JOIN LATERAL (
    SELECT * FROM consent.break_glass_grant AS g
    WHERE g.nhs_number = n.number AND g.subject = $3::text AND g.ods_code = $4::text AND g.expires_at > now() - interval '1 day'
    ORDER BY g.expires_at DESC, g.id
    LIMIT 20
) AS g
UNION ALL
SELECT n.place, 4, n.number, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, r.codes
FROM number AS n
CROSS JOIN LATERAL (SELECT array_agg(DISTINCT r.ods_code::text) AS codes FROM consent.relationship AS r WHERE r.nhs_number = n.number) AS r
WHERE r.codes IS NOT NULL
