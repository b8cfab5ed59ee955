//! Data that comes in chunks.

use aosec_wire::id::to_base64url;

use super::*;
use crate::arweave::merkle::{self, Cut};

fn pieces(transaction: &Transaction, data: &Bytes) -> Vec<Piece> {
    let shape = |proof: merkle::Proof| ChunkShape {
        data_root: transaction.data_root_text(),
        data_size: data.len().to_string(),
        data_path: to_base64url(&proof.path),
        offset: (proof.range.end - 1).to_string(),
        chunk: to_base64url(&data[proof.range]),
    };
    merkle::proofs(data, Cut::Balanced)
        .into_iter()
        .map(|proof| Piece::verify(&shape(proof)).unwrap())
        .collect()
}

#[test]
fn data_may_come_in_chunks_before_or_after_the_block() {
    for late in [false, true] {
        let mut story = Story::begin();
        let items: Vec<_> = (0..4).map(big_item).collect();
        let draft = story.draft(Format::Two, bundle::build(&items));
        let whole = story.sign(
            draft
                .with_tag("Bundle-Format", "binary")
                .with_tag("Bundle-Version", "2.0.0"),
        );
        let data = whole.data().unwrap().clone();
        let early = pieces(&whole, &data).remove(0);
        assert_eq!(
            story.chain.step(Event::Piece(early)),
            Err(Refusal::UnknownRoot)
        );
        story.submit(&whole.clone().without_data()).unwrap();
        if late {
            story.mine();
        }
        for piece in pieces(&whole, &data) {
            assert!(
                story
                    .chain
                    .ledger()
                    .get(whole.id())
                    .unwrap()
                    .content
                    .data()
                    .is_none()
            );
            assert!(!story.chain.step(Event::Piece(piece)).unwrap().is_empty());
        }
        assert_eq!(
            story.chain.ledger().get(whole.id()).unwrap().content.data(),
            Some(data.clone())
        );
        story.mine();
        assert_eq!(story.height_of(items[3].id()), Some(Some(1)));
        let again = pieces(&whole, &data).remove(0);
        assert_eq!(story.chain.step(Event::Piece(again)), Ok(vec![]));
    }
}

fn big_item(number: u8) -> VerifiedItem {
    let data = Bytes::from(vec![number; 200_000]);
    Draft {
        data,
        ..Draft::default()
    }
    .sign(&SigningKey::ed25519([1; 32]))
    .unwrap()
}

#[test]
fn chunks_that_do_not_belong_are_refused() {
    let story = Story::begin();
    let whole = story.sign(story.draft(Format::Two, vec![1; 300_000].into()));
    let good = pieces(&whole, whole.data().unwrap())[0].to_shape();
    let verify = |change: &dyn Fn(&mut ChunkShape)| {
        let mut shape = good.clone();
        change(&mut shape);
        Piece::verify(&shape)
    };
    assert!(verify(&|_| ()).is_ok());
    assert_eq!(
        verify(&|shape| shape.offset = "299999".into()),
        Err(PieceError::InvalidProof)
    );
    assert_eq!(
        verify(&|shape| shape.chunk = "AAAA".into()),
        Err(PieceError::InvalidProof)
    );
    assert_eq!(
        verify(&|shape| shape.data_root = to_base64url(&[0; 32])),
        Err(PieceError::InvalidProof)
    );
    assert_eq!(
        verify(&|shape| shape.data_root.clear()),
        Err(PieceError::Unreadable)
    );
    assert_eq!(
        verify(&|shape| shape.data_size = "-1".into()),
        Err(PieceError::Unreadable)
    );
    assert_eq!(
        verify(&|shape| shape.chunk = "A".repeat(400_000)),
        Err(PieceError::ChunkTooBig)
    );
    assert_eq!(
        verify(&|shape| shape.data_path = "A".repeat(10_000)),
        Err(PieceError::PathTooBig)
    );
}
