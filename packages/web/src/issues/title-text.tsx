/** `TypeError: x is not a function`: the type carries the weight. */
const TYPE_AND_VALUE = /^([\w*.$:\\<>[\]-]{1,120}?(?: \/ \w+)?): (.+)$/s;

export function TitleText({ title, className = "" }: { title: string; className?: string }) {
  const [, type, value] = TYPE_AND_VALUE.exec(title) ?? [];
  return (
    <span className={className} title={title}>
      {type === undefined ? (
        <span className="font-medium">{title === "" ? "(no title)" : title}</span>
      ) : (
        <>
          <span className="font-semibold">{type}</span> <span className="text-ink/85">{value}</span>
        </>
      )}
    </span>
  );
}
