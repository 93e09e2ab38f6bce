/** The mark: three stones, one on the other. With `is_working` they take turns to breathe. */
export function Logo({
  className,
  is_working = false,
}: {
  className?: string;
  is_working?: boolean;
}) {
  const stone = is_working ? 'animate-pulse-soft' : '';
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true" fill="currentColor">
      <ellipse
        className={`text-accent ${stone}`}
        cx="16.6"
        cy="6.6"
        rx="4.6"
        ry="3.2"
        transform="rotate(-8 16.6 6.6)"
      />
      <ellipse
        className={`${stone} [animation-delay:300ms]`}
        cx="15.4"
        cy="14.6"
        rx="7.8"
        ry="3.9"
        transform="rotate(5 15.4 14.6)"
      />
      <ellipse
        className={`${stone} [animation-delay:600ms]`}
        cx="16.2"
        cy="24.4"
        rx="12.2"
        ry="5"
        transform="rotate(-3 16.2 24.4)"
      />
    </svg>
  );
}
