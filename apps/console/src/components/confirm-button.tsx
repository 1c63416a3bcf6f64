/** A button that opens a dialog. The dialog explains a change, asks the user to confirm it, and can contain form controls. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { useSession } from '../session/session-context';
import { ErrorNotice } from './query-view';
import { readFormValues } from './read-form-values';

export function ConfirmButton({
  label,
  title,
  children,
  onConfirm,
}: {
  label: string;
  title: string;
  /** The explanation of the change. It can contain form controls with names. */
  children: ReactNode;
  /**
   * Executes the change.
   * @param values the values of the form controls that are not empty, by name
   * @throws ApiError, which the dialog shows
   */
  onConfirm: (values: Readonly<Record<string, string>>) => Promise<unknown>;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const { canOperate } = useSession();
  const queryClient = useQueryClient();
  const [isOpen, setIsOpen] = useState(false);
  const change = useMutation({
    mutationFn: onConfirm,
    onSuccess: async () => {
      dialog.current?.close();
      // All data is read again, because everything on the page can depend on the change.
      await queryClient.invalidateQueries();
    },
  });
  const open = () => {
    change.reset();
    setIsOpen(true);
    dialog.current?.showModal();
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(readFormValues(event.currentTarget));
  };
  return (
    <>
      <button
        type="button"
        onClick={open}
        disabled={!canOperate}
        title={canOperate ? undefined : 'Your key does not have the scope "operate".'}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={titleId} onClose={() => setIsOpen(false)}>
        {isOpen && (
          <form onSubmit={submit}>
            <h2 id={titleId}>{title}</h2>
            {children}
            {change.isError && <ErrorNotice error={change.error} />}
            <div className="row">
              <button type="button" onClick={() => dialog.current?.close()}>
                Cancel
              </button>
              <button type="submit" className="primary" disabled={change.isPending}>
                {change.isPending ? 'Please wait …' : label}
              </button>
            </div>
          </form>
        )}
      </dialog>
    </>
  );
}

/** A text field for the reason of a change. The audit log contains this reason. */
export function NoteField({ label }: { label: string }) {
  return (
    <label>
      {label}
      <textarea name="note" rows={3} maxLength={1000} required />
    </label>
  );
}
