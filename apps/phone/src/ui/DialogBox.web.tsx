import { useEffect, useRef } from "react";
import type { DialogBoxProps } from "./DialogBox";

/**
 * The browser's own modal dialog: the page behind it is inert, the first button has the focus, Escape closes it, and the focus
 * goes back to where it was.
 */
export function DialogBox({ isOpen, onClose, titleId, textId, children }: DialogBoxProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!isOpen || !element) return;
    element.showModal();
    return () => element.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      role="alertdialog"
      className="dialog"
      aria-labelledby={titleId}
      aria-describedby={textId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        // Beside the box is the dialog itself.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      {children}
    </dialog>
  );
}
