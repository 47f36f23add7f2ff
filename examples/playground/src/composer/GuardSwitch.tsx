interface GuardSwitchProps {
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
}

/** Whether the guard judges what is asked and answered from now on. */
export function GuardSwitch({ isOn, onChange }: GuardSwitchProps) {
  return (
    <label className="switch">
      <input type="checkbox" role="switch" checked={isOn} onChange={({ target }) => onChange(target.checked)} />
      <span className="switch-track" aria-hidden="true" />
      Guard
    </label>
  )
}
