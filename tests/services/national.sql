-- The national definitions a third time, in SQL as an analyst would write it over the tables (PostgreSQL), from the
-- reference alone: a count a line for everybody who was referred from :first to :last.
WITH referred AS (
  SELECT id, received_on, status, end_code, closed_on
  FROM referral WHERE status <> 'draft' AND received_on BETWEEN :first AND :last
), contact AS (
  SELECT referral_id, starts_at, appointment_type AS kind, attendance_code AS code
  FROM appointment WHERE referral_id IN (SELECT id FROM referred)
), seen AS (
  SELECT * FROM contact WHERE code IN ('5', '6')
), missed AS (
  SELECT * FROM contact WHERE code IN ('3', '7')
), treatment AS (
  SELECT * FROM seen WHERE kind IN ('02', '03', '05')
), finished AS (
  SELECT referred.id, (min(starts_at) AT TIME ZONE 'Europe/London')::date - received_on AS days
  FROM referred JOIN treatment ON treatment.referral_id = referred.id
  WHERE closed_on IS NOT NULL GROUP BY referred.id, received_on HAVING count(*) >= 2
), problem AS (
  SELECT DISTINCT ON (referral_id) referral_id, problem_code
  FROM clinical_record ORDER BY referral_id, written_on DESC
), cut_off (tool, caseness, reliable) AS (
  VALUES ('720433000', 10, 6), ('445455005', 8, 4), ('445552006', 19, 10)
), course AS (
  SELECT referral_id, tool_code AS tool, count(*) AS times,
    (array_agg(total ORDER BY completed_at))[1] AS began,
    (array_agg(total ORDER BY completed_at DESC))[1] AS ended
  FROM outcome_score WHERE referral_id IN (SELECT id FROM finished) GROUP BY referral_id, tool_code
), anxiety AS (
  SELECT finished.id AS referral_id,
    CASE WHEN problem.problem_code = 'F40.1' AND spin.times IS NOT NULL
      AND (spin.times > 1 OR coalesce(gad.times, 0) < 2) THEN '445552006' ELSE '445455005' END AS tool
  FROM finished
  LEFT JOIN problem ON problem.referral_id = finished.id
  LEFT JOIN course AS spin ON spin.referral_id = finished.id AND spin.tool = '445552006'
  LEFT JOIN course AS gad ON gad.referral_id = finished.id AND gad.tool = '445455005'
), measured AS (
  SELECT course.*, caseness, reliable, times > 1 AS is_pair
  FROM course JOIN cut_off ON cut_off.tool = course.tool LEFT JOIN anxiety ON anxiety.referral_id = course.referral_id
  WHERE course.tool IN ('720433000', anxiety.tool)
), told AS (
  SELECT finished.id,
    count(measured.tool) FILTER (WHERE is_pair) AS pairs,
    count(measured.tool) > 0 AND NOT bool_or(began >= caseness) AS never_a_case,
    coalesce(bool_or(is_pair AND began >= caseness), false) AS began_as_case,
    coalesce(bool_or(is_pair AND ended >= caseness), false) AS ended_as_case,
    coalesce(bool_or(is_pair AND began - ended >= reliable), false) AS fell,
    coalesce(bool_or(is_pair AND ended - began >= reliable), false) AS rose
  FROM finished LEFT JOIN measured ON measured.referral_id = finished.id GROUP BY finished.id
), outcome AS (
  SELECT *, pairs = 2 AND began_as_case AND NOT ended_as_case AS recovered,
    fell AND NOT rose AS improved, rose AND NOT fell AS deteriorated
  FROM told
)
SELECT 'referred', count(*) FROM referred
UNION ALL SELECT 'notSuitable', count(*) FROM referred WHERE status = 'not-suitable' OR end_code IN ('10', '11')
UNION ALL SELECT 'firstAppointmentMissed', count(*) FROM referred
  WHERE id IN (SELECT referral_id FROM missed) AND id NOT IN (SELECT referral_id FROM seen)
UNION ALL SELECT 'assessed', count(DISTINCT referral_id) FROM seen WHERE kind IN ('01', '03')
UNION ALL SELECT 'enteredTreatment', count(DISTINCT referral_id) FROM treatment
UNION ALL SELECT 'finishedTreatment', count(*) FROM finished
UNION ALL SELECT 'treatedWithin6Weeks', count(*) FROM finished WHERE days <= 42
UNION ALL SELECT 'treatedWithin18Weeks', count(*) FROM finished WHERE days <= 126
UNION ALL SELECT 'finishedWithPairedScores', count(*) FROM outcome WHERE pairs = 2
UNION ALL SELECT 'finishedNotBelowCaseness', count(*) FROM outcome WHERE NOT never_a_case
UNION ALL SELECT 'recovered', count(*) FROM outcome WHERE recovered AND NOT never_a_case
UNION ALL SELECT 'reliablyRecovered', count(*) FROM outcome WHERE recovered AND improved AND NOT never_a_case
UNION ALL SELECT 'reliablyImproved', count(*) FROM outcome WHERE improved
UNION ALL SELECT 'reliablyDeteriorated', count(*) FROM outcome WHERE deteriorated
UNION ALL SELECT 'contactsDue', (SELECT count(*) FROM seen) + (SELECT count(*) FROM missed)
UNION ALL SELECT 'contactsMissed', count(*) FROM missed
