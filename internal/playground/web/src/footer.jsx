import { useEditorContext } from '@graphiql/react';
import { useEffect } from 'react';

// Footer says of the answer above it who asked, and what it lacks.
export function Footer({ answer, clear }) {
  const { tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  const id = tabs[activeTabIndex]?.id;
  useEffect(clear, [clear, id]);
  if (!answer) return null;
  return (
    <div className="playground-footer" role="status">
      {answer.gaps.length > 0 && <p className="playground-gaps">Incomplete: {answer.gaps.map(gap).join('; ')}</p>}
      <p>
        {[`HTTP ${answer.status}`, `${answer.milliseconds} ms`, answer.persona && `as ${answer.persona.label || answer.persona.persona}`]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </div>
  );
}

function gap({ sector, organisation, reason }) {
  const where = typeof organisation === 'string' ? organisation : (organisation?.name ?? organisation?.odsCode);
  return `${words(sector)}${where ? ` (${where})` : ''} ${words(reason)}`;
}

function words(code) {
  return (code ?? '').toLowerCase().replaceAll('_', ' ');
}
