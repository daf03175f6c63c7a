// Package rlp encodes and decodes Ethereum's recursive length prefix form, by reflection.
//
// Unsigned integers, byte slices and arrays, strings, big integers, slices and structs have one. What is
// to be done for a type is found out once: encoders and decoders are closures, cached by type.
package rlp

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"sync"
)

// Raw is a value that is encoded already.
type Raw []byte

// Errors of data that is no canonical encoding, or not one of the type asked for.
var (
	ErrShort = errors.New("rlp: the data ends too early")
	ErrForm  = errors.New("rlp: not the canonical form")
	ErrKind  = errors.New("rlp: a list instead of a string, or the reverse")
)

type (
	encoder func(out []byte, value reflect.Value) []byte
	decoder func(data []byte, value reflect.Value) (rest []byte, err error)
)

var (
	encoders, decoders sync.Map // by reflect.Type
	rawType            = reflect.TypeFor[Raw]()
	bigType            = reflect.TypeFor[*big.Int]()
)

// AppendString appends a string's encoding.
func AppendString(out, text []byte) []byte {
	if len(text) == 1 && text[0] < 0x80 {
		return append(out, text[0])
	}
	return append(appendLength(out, len(text), 0x80), text...)
}

// AppendList appends a list whose items are encoded already.
func AppendList(out, items []byte) []byte {
	return append(appendLength(out, len(items), 0xC0), items...)
}

func appendLength(out []byte, length int, base byte) []byte {
	if length < 56 {
		return append(out, base+byte(length))
	}
	bytes := minimal(uint64(length))
	return append(append(out, base+55+byte(len(bytes))), bytes...)
}

func minimal(number uint64) []byte {
	var bytes []byte
	for shift := 56; shift >= 0; shift -= 8 {
		if digit := byte(number >> shift); digit != 0 || len(bytes) > 0 {
			bytes = append(bytes, digit)
		}
	}
	return bytes
}

// Encode returns the encoding of a value.
func Encode(value any) []byte {
	v := reflect.ValueOf(value)
	return encoderOf(v.Type())(nil, v)
}

func encoderOf(t reflect.Type) encoder {
	if found, ok := encoders.Load(t); ok {
		return found.(encoder)
	}
	made := makeEncoder(t)
	encoders.Store(t, made)
	return made
}

func makeEncoder(t reflect.Type) encoder {
	switch {
	case t == rawType:
		return func(out []byte, v reflect.Value) []byte { return append(out, v.Bytes()...) }
	case t == bigType:
		return func(out []byte, v reflect.Value) []byte {
			return AppendString(out, v.Interface().(*big.Int).Bytes())
		}
	}
	switch t.Kind() {
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return func(out []byte, v reflect.Value) []byte { return AppendString(out, minimal(v.Uint())) }
	case reflect.String:
		return func(out []byte, v reflect.Value) []byte { return AppendString(out, []byte(v.String())) }
	case reflect.Pointer:
		below := encoderOf(t.Elem())
		return func(out []byte, v reflect.Value) []byte { return below(out, v.Elem()) }
	case reflect.Array:
		return func(out []byte, v reflect.Value) []byte {
			bytes := make([]byte, v.Len())
			reflect.Copy(reflect.ValueOf(bytes), v)
			return AppendString(out, bytes)
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return func(out []byte, v reflect.Value) []byte { return AppendString(out, v.Bytes()) }
		}
		below := encoderOf(t.Elem())
		return func(out []byte, v reflect.Value) []byte {
			var items []byte
			for i := 0; i < v.Len(); i++ {
				items = below(items, v.Index(i))
			}
			return AppendList(out, items)
		}
	case reflect.Struct:
		fields := make([]encoder, t.NumField())
		for i := range fields {
			fields[i] = encoderOf(t.Field(i).Type)
		}
		return func(out []byte, v reflect.Value) []byte {
			var items []byte
			for i, field := range fields {
				items = field(items, v.Field(i))
			}
			return AppendList(out, items)
		}
	}
	panic(fmt.Sprintf("rlp: no form for %v", t))
}

// Split takes the first item off. The payload of a list is its items.
func Split(data []byte) (payload, rest []byte, isList bool, err error) {
	if len(data) == 0 {
		return nil, nil, false, ErrShort
	}
	first := data[0]
	if first < 0x80 {
		return data[:1], data[1:], false, nil
	}
	isList = first >= 0xC0
	length, head := int(first-0x80), 1
	if isList {
		length = int(first - 0xC0)
	}
	if length > 55 {
		size := length - 55
		if head += size; head > len(data) || size > 4 || data[1] == 0 {
			return nil, nil, false, ErrForm
		}
		length = 0
		for _, digit := range data[1:head] {
			length = length<<8 | int(digit)
		}
		if length < 56 {
			return nil, nil, false, ErrForm
		}
	}
	if length > len(data)-head {
		return nil, nil, false, ErrShort
	}
	payload = data[head : head+length]
	if !isList && length == 1 && payload[0] < 0x80 {
		return nil, nil, false, ErrForm
	}
	return payload, data[head+length:], isList, nil
}

// Items returns the items of a list, each with its prefix.
func Items(data []byte) ([]Raw, error) {
	payload, rest, isList, err := Split(data)
	if err != nil {
		return nil, err
	}
	if !isList || len(rest) > 0 {
		return nil, ErrKind
	}
	var items []Raw
	for len(payload) > 0 {
		_, rest, _, err := Split(payload)
		if err != nil {
			return nil, err
		}
		items = append(items, Raw(payload[:len(payload)-len(rest)]))
		payload = rest
	}
	return items, nil
}

// Decode fills what `target` points to.
func Decode(data []byte, target any) error {
	v := reflect.ValueOf(target).Elem()
	rest, err := decoderOf(v.Type())(data, v)
	if err == nil && len(rest) > 0 {
		err = ErrForm
	}
	return err
}

func decoderOf(t reflect.Type) decoder {
	if found, ok := decoders.Load(t); ok {
		return found.(decoder)
	}
	made := makeDecoder(t)
	decoders.Store(t, made)
	return made
}

// text wraps a decoder of a string's bytes.
func text(set func(text []byte, v reflect.Value) error) decoder {
	return func(data []byte, v reflect.Value) ([]byte, error) {
		payload, rest, isList, err := Split(data)
		if err == nil && isList {
			err = ErrKind
		}
		if err == nil {
			err = set(payload, v)
		}
		return rest, err
	}
}

func makeDecoder(t reflect.Type) decoder {
	switch {
	case t == rawType:
		return func(data []byte, v reflect.Value) ([]byte, error) {
			_, rest, _, err := Split(data)
			v.SetBytes(data[:len(data)-len(rest)])
			return rest, err
		}
	case t == bigType:
		return text(func(text []byte, v reflect.Value) error {
			v.Set(reflect.ValueOf(new(big.Int).SetBytes(text)))
			return nil
		})
	}
	switch t.Kind() {
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return text(func(text []byte, v reflect.Value) error {
			if len(text) > int(t.Size()) || len(text) > 0 && text[0] == 0 {
				return ErrForm
			}
			var number uint64
			for _, digit := range text {
				number = number<<8 | uint64(digit)
			}
			v.SetUint(number)
			return nil
		})
	case reflect.String:
		return text(func(text []byte, v reflect.Value) error { v.SetString(string(text)); return nil })
	case reflect.Array:
		return text(func(text []byte, v reflect.Value) error {
			if len(text) != t.Len() {
				return ErrForm
			}
			reflect.Copy(v, reflect.ValueOf(text))
			return nil
		})
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return text(func(text []byte, v reflect.Value) error {
				v.SetBytes(append([]byte{}, text...))
				return nil
			})
		}
		below := decoderOf(t.Elem())
		return list(func(items []byte, v reflect.Value) error {
			for len(items) > 0 {
				item := reflect.New(t.Elem()).Elem()
				rest, err := below(items, item)
				if err != nil {
					return err
				}
				v.Set(reflect.Append(v, item))
				items = rest
			}
			return nil
		})
	case reflect.Struct:
		fields := make([]decoder, t.NumField())
		for i := range fields {
			fields[i] = decoderOf(t.Field(i).Type)
		}
		return list(func(items []byte, v reflect.Value) (err error) {
			for i, field := range fields {
				if items, err = field(items, v.Field(i)); err != nil {
					return fmt.Errorf("%s.%s: %w", t.Name(), t.Field(i).Name, err)
				}
			}
			if len(items) > 0 {
				return ErrForm
			}
			return nil
		})
	}
	panic(fmt.Sprintf("rlp: no form for %v", t))
}

// list wraps a decoder of a list's items.
func list(set func(items []byte, v reflect.Value) error) decoder {
	return func(data []byte, v reflect.Value) ([]byte, error) {
		payload, rest, isList, err := Split(data)
		if err == nil && !isList {
			err = ErrKind
		}
		if err == nil {
			err = set(payload, v)
		}
		return rest, err
	}
}
