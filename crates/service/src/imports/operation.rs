//! The operations of an import's rows.

use holdfast_contract::{Action, ClientId, ImportId, OpId, Operation, Target};
use holdfast_store::imports::ImportedRow;
use sha2::{Digest as _, Sha256};

use super::ImportPlace;
use crate::push::Ready;

const CREATE: &str = "create";
const DELETE: &str = "delete";
const RESTORE: &str = "restore";

/// Makes the place of a row.
pub(super) fn create(id: ImportId, number: i64, row: &ImportPlace) -> Ready {
    let place = Box::new(row.place.clone());
    ready(id, CREATE, number, row.client_id, Action::Create { client_id: row.client_id, place })
}

/// Puts the place of a row into the trash, unless it was changed since.
pub(super) fn delete(id: ImportId, row: &ImportedRow) -> Ready {
    let action = Action::Delete { target: Target::Own(row.client_id), base_version: 1 };
    ready(id, DELETE, row.number, row.client_id, action)
}

/// Takes the place of a row out of the trash again, as it went there at this version.
pub(super) fn restore(id: ImportId, row: &ImportedRow, base_version: i64) -> Ready {
    let action = Action::Restore { target: Target::Own(row.client_id), base_version };
    ready(id, RESTORE, row.number, row.client_id, action)
}

/// The operation of a row. Its id is the same every time. So is its hash, which says which row of which import it is, and not
/// what was read: where a place has no time of its own, that is the moment at which it was read.
fn ready(id: ImportId, kind: &str, number: i64, client_id: ClientId, action: Action) -> Ready {
    let hash = hash("row", id, kind, number).chain_update(client_id.0).finalize().into();
    Ready { operation: Operation { op_id: op_id(id, kind, number), action }, hash }
}

/// The operation that makes the place of a row.
pub(super) fn creation(id: ImportId, number: i64) -> OpId {
    op_id(id, CREATE, number)
}

/// The operation that puts the place of a row into the trash.
pub(super) fn deletion(id: ImportId, number: i64) -> OpId {
    op_id(id, DELETE, number)
}

fn op_id(id: ImportId, kind: &str, number: i64) -> OpId {
    let named: [u8; 32] = hash("operation", id, kind, number).finalize().into();
    let mut op_id = [0; 16];
    op_id.copy_from_slice(&named[..16]);
    OpId(uuid::Builder::from_custom_bytes(op_id).into_uuid())
}

fn hash(what: &str, id: ImportId, kind: &str, number: i64) -> Sha256 {
    let hash = Sha256::new().chain_update("holdfast import ").chain_update(what).chain_update([0]);
    hash.chain_update(kind).chain_update([0]).chain_update(id.0).chain_update(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_row_has_an_operation_of_its_own_and_the_same_every_time() {
        let ids = [1, 2].map(|n| ImportId(Uuid::from_u128(n)));
        let client_id = ClientId(Uuid::from_u128(7));
        let operation = |id, kind, number| {
            let action = Action::Delete { target: Target::Own(client_id), base_version: 1 };
            ready(id, kind, number, client_id, action).operation.op_id
        };
        let one = operation(ids[0], "create", 3);
        assert_eq!(operation(ids[0], "create", 3), one);
        let others = [operation(ids[1], "create", 3), operation(ids[0], "delete", 3), operation(ids[0], "create", 4)];
        assert!(others.iter().all(|other| *other != one));
        assert_eq!(one.0.get_version_num(), 8);
        assert_eq!(creation(ids[0], 3), one);
    }
}
