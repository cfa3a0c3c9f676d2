// residentOf is the NHS number in a tab's variables, or null.
export function residentOf(variables) {
  const { nhsNumber, nhsNumbers, input } = parsed(variables) ?? {};
  return nhsNumber ?? nhsNumbers?.[0] ?? input?.nhsNumber ?? null;
}

// takesResident reports whether the operation in a tab is about a resident.
export function takesResident({ query, variables }) {
  return /\$nhsNumbers?\b/.test(query ?? '') || parsed(variables)?.input?.nhsNumber !== undefined;
}

// withResident is a tab's variables about another resident: the one of a single
// number, the first of a list.
export function withResident({ query, variables }, nhsNumber) {
  const values = parsed(variables);
  if (!values) return variables;
  if (/\$nhsNumber\b/.test(query)) values.nhsNumber = nhsNumber;
  if (/\$nhsNumbers\b/.test(query)) {
    values.nhsNumbers = [nhsNumber, ...(values.nhsNumbers ?? []).filter((other) => other !== nhsNumber)];
  }
  if (values.input?.nhsNumber !== undefined) values.input.nhsNumber = nhsNumber;
  return JSON.stringify(values, null, 2);
}

function parsed(variables) {
  try {
    const values = JSON.parse(variables?.trim() || '{}');
    return values && typeof values === 'object' && !Array.isArray(values) ? values : null;
  } catch {
    return null; // Someone is still typing.
  }
}
