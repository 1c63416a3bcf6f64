/** The filters of a list. All filters are applied together. They are part of the URL, so that a link can lead to a filtered list. */
import { useQuery } from '@tanstack/react-query';
import { useId, type FormEvent, type ReactNode } from 'react';
import type { ConnectorStatus, Page } from '../api/operator-api.types';
import { fetchJson } from '../api/operator-client';
import { readFormValues } from './read-form-values';

const MAX_LISTED_CONNECTORS = 200;

export function FilterForm({
  search,
  onChange,
  children,
}: {
  /** The filters that are applied now, by name. */
  search: Readonly<Record<string, string | undefined>>;
  /** Called with all filters that are not empty. */
  onChange: (search: Record<string, string>) => void;
  children: ReactNode;
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onChange(readFormValues(event.currentTarget));
  };
  // The controls keep their own values. If the filters change elsewhere, e.g. by a link, the controls are created again with the new
  // values.
  return (
    <form className="panel filters" role="search" key={JSON.stringify(search)} onSubmit={submit}>
      {children}
      <button type="submit" className="primary">
        Apply
      </button>
      <button type="button" onClick={() => onChange({})}>
        Reset
      </button>
    </form>
  );
}

export function TextFilter({
  name,
  label,
  value,
  placeholder,
}: {
  name: string;
  label: string;
  value: string | undefined;
  placeholder?: string;
}) {
  return (
    <label>
      {label}
      <input type="search" name={name} defaultValue={value} placeholder={placeholder} maxLength={200} />
    </label>
  );
}

export function DateFilter({
  name,
  label,
  value,
}: {
  name: string;
  label: string;
  value: string | undefined;
}) {
  return (
    <label>
      {label}
      <input type="date" name={name} defaultValue={value} />
    </label>
  );
}

export function SelectFilter({
  name,
  label,
  value,
  options,
  allLabel,
}: {
  name: string;
  label: string;
  value: string | undefined;
  options: readonly string[];
  /** The label of the option that selects everything; absent if one option must be chosen. */
  allLabel?: string;
}) {
  return (
    <label>
      {label}
      <select name={name} defaultValue={value ?? ''}>
        {allLabel !== undefined && <option value="">{allLabel}</option>}
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A text field for the path of a connector. It is no selection list, because a deployment can have a thousand connectors. */
export function ConnectorFilter({
  value,
  isRequired = false,
}: {
  value: string | undefined;
  isRequired?: boolean;
}) {
  const listId = useId();
  const { data: connectors = [] } = useConnectorPaths();
  return (
    <label>
      Connector
      <input type="search" name="connector" list={listId} defaultValue={value} required={isRequired} />
      <datalist id={listId}>
        {connectors.map((path) => (
          <option key={path} value={path} />
        ))}
      </datalist>
    </label>
  );
}

/** Reads the paths of the first connectors, which the text field suggests. */
export function useConnectorPaths() {
  return useQuery({
    queryKey: ['connectors'],
    queryFn: async ({ signal }) => {
      const page = await fetchJson<Page<Pick<ConnectorStatus, 'connector'>>>(
        'connectors',
        { limit: MAX_LISTED_CONNECTORS },
        signal,
      );
      return page.items.map(({ connector }) => connector);
    },
    staleTime: 60_000,
  });
}
