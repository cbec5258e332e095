-- What PostGraphile's documentation advises where a relation is no foreign key: a smart tag (the quotas of a plan), and functions
-- in SQL (the quotas of a comune in a year, the totals of a year). Made in the bench's own database and nowhere else.

COMMENT ON TABLE public.quota IS E'@foreignKey (plan_id) references public.plan (id)';

CREATE SCHEMA IF NOT EXISTS peer;

CREATE OR REPLACE FUNCTION peer.comune_quotas_of_year(comune public.comune, year integer) RETURNS SETOF public.quota
LANGUAGE sql STABLE AS $$
  SELECT quota.* FROM public.quota
  JOIN public.plan ON plan.id = quota.plan_id
  JOIN public.budget ON budget.id = quota.budget_id
  JOIN public.service ON service.id = budget.service_id
  WHERE quota.comune_id = $1.id AND plan.year = $2 AND plan.status = 'APPROVED'
  ORDER BY service.position
$$;

CREATE OR REPLACE FUNCTION peer.totals_of_year(ambito text, year integer)
RETURNS TABLE (code text, name text, cents bigint)
LANGUAGE sql STABLE AS $$
  SELECT service.code, service.name, sum(quota.amount_cents)::bigint
  FROM public.ambito
  JOIN public.plan ON plan.ambito_id = ambito.id AND plan.year = $2 AND plan.status = 'APPROVED'
  JOIN public.budget ON budget.plan_id = plan.id
  JOIN public.quota ON quota.budget_id = budget.id
  JOIN public.service ON service.id = budget.service_id
  WHERE ambito.code = $1
  GROUP BY service.id
  ORDER BY service.code
$$;
